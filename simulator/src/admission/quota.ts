import { type Write } from '../api/request.ts'
import { type Store } from '../store.ts'
export function checkQuota(_store: Store, _write: Write): void {}
