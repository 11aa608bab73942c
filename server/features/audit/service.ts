export { recordAudit, type AuditEntry } from '../../db/audit-trail.ts'
