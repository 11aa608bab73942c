import { PassThrough } from 'node:stream'
import { Exec, KubeConfig } from '@kubernetes/client-node'

/** Runs a program in a pod of the real cluster, as `kubectl exec` does. Throws what it wrote where it did not end well. */
export async function execInPod(namespace: string, pod: string, command: string[]): Promise<string> {
  const config = new KubeConfig()
  config.loadFromFile(process.env['BERTH_TEST_KUBECONFIG'] ?? '')
  const [output, errors] = [new PassThrough(), new PassThrough()]
  let [written, complained] = ['', '']
  output.setEncoding('utf8').on('data', (text: string) => (written += text))
  errors.setEncoding('utf8').on('data', (text: string) => (complained += text))
  const status = await new Promise<{ status?: string; message?: string }>((resolve, reject) => {
    new Exec(config).exec(namespace, pod, '', command, output, errors, null, false, resolve).catch(reject)
  })
  if (status.status !== 'Success') throw new Error(`${command.join(' ')}: ${status.message ?? ''} ${complained}`)
  return written
}
