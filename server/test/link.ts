import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A line of bytes between a client and a server, which a test can break in the ways that real lines break. */
export type Link = {
  port: number
  /** How many connections were tried so far, refused ones too. */
  attempts: () => number
  /** Ends every connection at once, without a goodbye; new ones work. */
  cut: () => void
  /** Also every new connection ends at once, as when the server is dead; until `accept`. */
  refuse: () => void
  accept: () => void
  /** Nothing passes and nothing ends, as when a cable is pulled; until `thaw`. */
  freeze: () => void
  thaw: () => void
  close: () => Promise<void>
}

export async function openLink(target: { host: string; port: number }): Promise<Link> {
  const sockets = new Set<Socket>()
  let attempts = 0
  let refusing = false
  let frozen = false

  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    // A cut shows as an error on the other half.
    socket.on('error', () => socket.destroy())
  }
  const pass = (from: Socket, to: Socket) => {
    from.on('data', (bytes) => to.write(bytes))
    from.on('close', () => to.destroy())
    if (frozen) from.pause()
  }
  const server = createServer((near) => {
    attempts++
    keep(near)
    if (refusing) {
      near.resetAndDestroy()
      return
    }
    const far = connect(target)
    keep(far)
    pass(near, far)
    pass(far, near)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy()
  }

  return {
    port: typeof address === 'object' && address ? address.port : 0,
    attempts: () => attempts,
    cut,
    refuse: () => {
      refusing = true
      cut()
    },
    accept: () => {
      refusing = false
    },
    freeze: () => {
      frozen = true
      for (const socket of sockets) socket.pause()
    },
    thaw: () => {
      frozen = false
      for (const socket of sockets) socket.resume()
    },
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      cut()
      await closed
    },
  }
}
