#!/usr/bin/env node
/**
 * The simulator as a program: `kubernetes-simulator --port 8080 --nodes 5 --journal ./cluster --kubeconfig ./kubeconfig`.
 * As a child with an IPC channel it sends `{ ready, url, port }` and ends with its parent.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { createDrivenClock, startSimulator, type Simulator, type SimulatorOptions } from './index.ts'

const usage = `kubernetes-simulator: a Kubernetes API server in memory

  --port N            port to listen on (0: a free one, the default)
  --host ADDRESS      address to listen on (127.0.0.1)
  --nodes N           nodes of a new cluster (3)
  --journal FOLDER    keep the cluster in this folder
  --kubeconfig FILE   write a kubeconfig, with the token in it
  --token-stdin       read the token from standard input, where no list of processes shows it; else one is made
  --open              ask for no token: every program of this machine may do anything
  --driven-clock      time stands still until POST /simulator/clock/advance
`

type Arguments = { options: SimulatorOptions; kubeconfig: string | undefined; access: 'made' | 'given' | 'open' }

function readArguments(): Arguments | undefined {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      host: { type: 'string' },
      nodes: { type: 'string' },
      journal: { type: 'string' },
      kubeconfig: { type: 'string' },
      'token-stdin': { type: 'boolean' },
      open: { type: 'boolean' },
      'driven-clock': { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  if (values.help) return undefined
  const number = (name: 'port' | 'nodes'): number | undefined => {
    const text = values[name]
    if (text === undefined) return undefined
    if (!/^\d+$/.test(text))
      throw new Error(`--${name} must be a number that is not negative, such as --${name} 3: got ${text}`)
    return Number(text)
  }
  if (values.open && values['token-stdin']) throw new Error('--open asks for no token: leave out --token-stdin')
  const [port, nodes] = [number('port'), number('nodes')]
  return {
    kubeconfig: values.kubeconfig,
    access: values.open ? 'open' : values['token-stdin'] ? 'given' : 'made',
    options: {
      ...(port === undefined ? {} : { port }),
      ...(nodes === undefined ? {} : { nodes }),
      ...(values.host === undefined ? {} : { host: values.host }),
      ...(values.journal === undefined ? {} : { journal: values.journal }),
      ...(values['driven-clock'] ? { clock: createDrivenClock(new Date()) } : {}),
    },
  }
}

async function readToken(): Promise<string> {
  const token = (await text(process.stdin)).trim()
  // Short ones can be guessed, from the certificate that is made of them too.
  if (/^[\x21-\x7e]{16,}$/.test(token)) return token
  throw new Error('standard input must hold the token, at least 16 characters without spaces')
}

/** By a new file in the old one's place: the old one may be readable by others, and readers never see half of it. */
function writeKubeconfig(file: string, content: string): void {
  mkdirSync(dirname(file), { recursive: true })
  const unfinished = `${file}.${process.pid}`
  writeFileSync(unfinished, content, { mode: 0o600 })
  renameSync(unfinished, file)
}

function stopWith(simulator: Simulator): void {
  let stopping = false
  const stop = (): void => {
    if (stopping) return
    stopping = true
    simulator.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.on('disconnect', stop)
}

async function main(): Promise<void> {
  const args = readArguments()
  if (!args) {
    process.stdout.write(usage)
    return
  }
  const { access, kubeconfig, options } = args
  const token = access === 'given' ? await readToken() : randomBytes(32).toString('base64url')
  const simulator = await startSimulator({ ...options, ...(access !== 'open' && { token }) })
  stopWith(simulator)
  if (kubeconfig !== undefined) writeKubeconfig(kubeconfig, simulator.kubeconfig())
  process.send?.({ ready: true, url: simulator.url, port: simulator.port })
  const told = [
    `simulated Kubernetes at ${simulator.url}`,
    ...(kubeconfig === undefined ? [] : [`kubeconfig ${kubeconfig}`]),
    // Nobody could learn it otherwise.
    ...(kubeconfig === undefined && access === 'made' ? [`token ${token}`] : []),
  ]
  process.stdout.write(`${told.join(', ')}\n`)
}

main().catch((error: unknown) => {
  process.stderr.write(`kubernetes-simulator: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
})
