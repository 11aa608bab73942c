import { type Write } from '../api/request.ts'
import { type Store } from '../store.ts'
export function applyLimitRanges(_store: Store, _write: Write): void {}
export function checkLimitRanges(_store: Store, _write: Write): void {}
