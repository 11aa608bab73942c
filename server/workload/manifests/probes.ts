import { render, type RenderContext } from '../render.ts'
import type { HealthcheckSpec, ServiceSpec, WorkloadSpec } from '../spec.ts'
import { escapeDollars } from './environment.ts'

type Probe = Record<string, unknown>
export type Probes = { startupProbe?: Probe; readinessProbe?: Probe; livenessProbe?: Probe }

/** On a small plan a program starts many times slower than where its template was written: it is let finish. */
const leastStartSeconds = 300
/** A restart is not a probe's answer to a slow second: Compose itself never restarts what is unhealthy. */
const leastLiveness = { periodSeconds: 10, timeoutSeconds: 5, failures: 3 }

const whole = (seconds: number): number => Math.max(1, Math.round(seconds))

/** The template's health check as probes; for an exposed service without one, whether its port answers. */
export function probesOf(service: ServiceSpec, spec: WorkloadSpec, context: RenderContext): Probes {
  if (service.kind === 'job') return {}
  if (service.healthcheck) return fromHealthcheck(service.healthcheck, context)
  const exposed = spec.expose.find((expose) => expose.service === service.name)
  if (!exposed || service.healthcheckDisabled) return {}
  return { readinessProbe: { tcpSocket: { port: exposed.port }, periodSeconds: 2, timeoutSeconds: 2 } }
}

function fromHealthcheck(check: HealthcheckSpec, context: RenderContext): Probes {
  const exec = { command: check.command.map((word) => escapeDollars(render(word, context).text)) }
  const interval = whole(check.intervalSeconds)
  const timeout = whole(check.timeoutSeconds)
  const startPeriod = whole(Math.min(check.intervalSeconds, check.startIntervalSeconds))
  const startSeconds = Math.max(check.startPeriodSeconds + check.retries * interval, leastStartSeconds)
  return {
    startupProbe: {
      exec,
      periodSeconds: startPeriod,
      timeoutSeconds: timeout,
      failureThreshold: Math.ceil(startSeconds / startPeriod),
    },
    readinessProbe: { exec, periodSeconds: interval, timeoutSeconds: timeout, failureThreshold: check.retries },
    livenessProbe: {
      exec,
      periodSeconds: Math.max(interval, leastLiveness.periodSeconds),
      timeoutSeconds: Math.max(timeout, leastLiveness.timeoutSeconds),
      failureThreshold: Math.max(check.retries, leastLiveness.failures),
    },
  }
}
