/**
 * How the embedded PostgreSQL runs: reachable from this machine only, small while nothing happens, and as safe as any
 * other (a commit that was acknowledged survives a power cut).
 */
export const settings = (port: number): string[] =>
  Object.entries({
    port,
    listen_addresses: '127.0.0.1',
    // A socket's path may be 107 characters long, which a data directory easily is.
    unix_socket_directories: '',
    max_connections: 100,
    shared_buffers: '32MB',
    huge_pages: 'off',
    // The default starts three more processes, which pay off on storage that answers many reads at once.
    io_method: 'sync',
    max_worker_processes: 2,
    max_parallel_workers_per_gather: 0,
    max_logical_replication_workers: 0,
    autovacuum_max_workers: 1,
    jit: 'off',
    // Nobody replicates from it, so it writes no more than recovery needs.
    wal_level: 'minimal',
    max_wal_senders: 0,
    min_wal_size: '32MB',
    max_wal_size: '256MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    lc_messages: 'C',
    log_checkpoints: 'off',
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
