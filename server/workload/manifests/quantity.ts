/** Kubernetes quantities in the form that the API server itself would write, so that reading back shows no change. */
const binary = [
  ['Ti', 2 ** 40],
  ['Gi', 2 ** 30],
  ['Mi', 2 ** 20],
  ['Ki', 2 ** 10],
] as const

/** Bytes: `268435456` → `256Mi`, and what no unit divides as it is. */
export function bytesQuantity(bytes: number): string {
  for (const [unit, size] of binary) if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`
  return String(bytes)
}

/** Thousandths of a core: `1500` → `1500m`, `2000` → `2`. */
export const cpuQuantity = (millicores: number): string =>
  millicores % 1000 === 0 ? String(millicores / 1000) : `${millicores}m`
