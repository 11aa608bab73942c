import ora from 'ora'

/** Shows each step while it runs, and how long it took; on anything but a terminal, a line at its end. */
export type Progress = {
  /** Runs one step. What it throws ends the demonstration. `tell` changes the text of the running step. */
  step<T>(name: string, work: (tell: (text: string) => void) => Promise<T>, detail?: (result: T) => string): Promise<T>
  /** A heading above the steps that follow. */
  chapter(title: string): void
  show(lines: readonly string[]): void
}

export function createProgress(output: NodeJS.WriteStream = process.stdout): Progress {
  const spinner = ora({ stream: output, isEnabled: output.isTTY, discardStdin: false })
  const write = (text: string): void => void output.write(`${text}\n`)
  return {
    async step(name, work, detail) {
      const started = performance.now()
      if (output.isTTY) spinner.start(name)
      const end = (symbol: string, text: string): void => {
        spinner.stop()
        write(`${symbol} ${text} (${duration(performance.now() - started)})`)
      }
      try {
        const result = await work((text) => void (spinner.text = `${name}: ${text}`))
        end('✔', [name, detail?.(result)].filter(Boolean).join(': '))
        return result
      } catch (error) {
        end('✖', name)
        throw error
      }
    },
    chapter: (title) => write(`\n${title}`),
    show: (lines) => lines.forEach((line) => write(`    ${line}`)),
  }
}

const duration = (milliseconds: number): string =>
  milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`
