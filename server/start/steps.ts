import type { Ora } from 'ora'

/** Tells a person what the start does, on standard error: standard output carries log lines only. */
export type Steps = {
  /** Shows the step while it runs, and how long it took. Steps may run beside each other. */
  run<T>(name: string, work: () => Promise<T>, detail?: (result: T) => string): Promise<T>
  say(text: string): void
  /** Takes the spinner away, if a step ended badly while others still run. */
  end(): void
}
type Output = NodeJS.WriteStream

const milliseconds = (since: number): string => `${Math.round(performance.now() - since)} ms`

/** A spinner on a terminal, else a plain line at the end of each step. */
export async function createSteps(output: Output = process.stderr): Promise<Steps> {
  // A terminal that no window shows (`script`, some CI) has no width, and a spinner would fold its lines into it for ever.
  const shown = output.isTTY && output.columns > 0
  const spinner = shown ? (await import('ora')).default({ stream: output, discardStdin: false }) : undefined
  const running = new Set<string>()

  const line = (symbol: string, text: string): void => {
    if (!spinner) output.write(`${symbol} ${text}\n`)
    else spinner.stopAndPersist({ symbol, text })
    spin(spinner, running)
  }
  return {
    async run(name, work, detail) {
      const started = performance.now()
      running.add(name)
      spin(spinner, running)
      try {
        const result = await work()
        running.delete(name)
        line('✓', [name, detail?.(result), milliseconds(started)].filter(Boolean).join(' · '))
        return result
      } catch (error) {
        running.delete(name)
        spin(spinner, running)
        throw error
      }
    },
    say: (text) => line(' ', text),
    end() {
      running.clear()
      spin(spinner, running)
    },
  }
}

function spin(spinner: Ora | undefined, running: ReadonlySet<string>): void {
  if (running.size === 0) spinner?.stop()
  else spinner?.start([...running].join(', '))
}

/** Tells nothing: for tests. */
export const silentSteps: Steps = { run: (_name, work) => work(), say: () => {}, end: () => {} }
