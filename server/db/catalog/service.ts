export const mebi = 2 ** 20
export const gibi = 2 ** 30

type SeedPlan = {
  readonly slug: string
  readonly name: string
  readonly priceMinorUnits: number
  readonly currency: 'EUR'
  readonly interval: 'MONTH'
  readonly cpuMillicores: number
  readonly memoryBytes: number
  readonly storageBytes: number
  readonly replicas: number
}

export type SeedService = {
  readonly slug: string
  readonly file: string
  readonly name: string
  readonly category: string
  readonly tagline: string
  /** Markdown. */
  readonly description: string
  readonly icon?: { readonly monogram: string; readonly color: string }
  readonly plans: readonly SeedPlan[]
}

/** Prices in cents a month. */
export const plan = (
  slug: string,
  name: string,
  priceMinorUnits: number,
  cpuMillicores: number,
  memoryBytes: number,
  storageBytes: number,
  replicas = 1,
): SeedPlan => ({
  slug,
  name,
  priceMinorUnits,
  currency: 'EUR',
  interval: 'MONTH',
  cpuMillicores,
  memoryBytes,
  storageBytes,
  replicas,
})

export const icon = (monogram: string, color: string) => ({ monogram, color })
