#!/usr/bin/env node
/**
 * The simulator as a program: `kubernetes-simulator --port 8080 --nodes 5 --journal ./cluster --kubeconfig ./kubeconfig`.
 * As a child with an IPC channel it sends `{ ready, url, port }` and ends with its parent.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { createDrivenClock, startSimulator, type Simulator, type SimulatorOptions } from './index.ts'

const usage = `kubernetes-simulator: a Kubernetes API server in memory

  --port N            port to listen on (0: a free one, the default)
  --host ADDRESS      address to listen on (127.0.0.1)
  --nodes N           nodes of a new cluster (3)
  --journal FOLDER    keep the cluster in this folder
  --kubeconfig FILE   write a kubeconfig
  --driven-clock      time stands still until POST /simulator/clock/advance
`

type Arguments = { options: SimulatorOptions; kubeconfig: string | undefined }

function readArguments(): Arguments | undefined {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      host: { type: 'string' },
      nodes: { type: 'string' },
      journal: { type: 'string' },
      kubeconfig: { type: 'string' },
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
  const [port, nodes] = [number('port'), number('nodes')]
  return {
    kubeconfig: values.kubeconfig,
    options: {
      ...(port === undefined ? {} : { port }),
      ...(nodes === undefined ? {} : { nodes }),
      ...(values.host === undefined ? {} : { host: values.host }),
      ...(values.journal === undefined ? {} : { journal: values.journal }),
      ...(values['driven-clock'] ? { clock: createDrivenClock(new Date()) } : {}),
    },
  }
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
  const simulator = await startSimulator(args.options)
  stopWith(simulator)
  if (args.kubeconfig) {
    mkdirSync(dirname(args.kubeconfig), { recursive: true })
    writeFileSync(args.kubeconfig, simulator.kubeconfig(), { mode: 0o600 })
  }
  process.send?.({ ready: true, url: simulator.url, port: simulator.port })
  process.stdout.write(
    `simulated Kubernetes at ${simulator.url}${args.kubeconfig ? `, kubeconfig ${args.kubeconfig}` : ''}\n`,
  )
}

main().catch((error: unknown) => {
  process.stderr.write(`kubernetes-simulator: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
})
