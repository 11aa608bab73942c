/** From one state of a subscription to the next: in place, by planned steps, or not at all. */
export { planUpgrade, type UpgradePlan, type UpgradeRefusal } from './plan-upgrade.ts'
export type { MigrationStep } from './steps.ts'
