import { z } from 'zod'
import type { Organization } from '../../db/generated/client.ts'
import { MembershipRole } from '../../db/generated/enums.ts'
import { bytes, idParam, oneLine, time } from '../../http/schemas.ts'
import { countries } from './countries.ts'

/** What the API says of organizations, and what it takes. */

const country = z
  .string()
  .trim()
  .toUpperCase()
  .refine((code) => countries.has(code), 'is not a country code of ISO 3166-1, such as "AT"')
  .meta({ override: { type: 'string', minLength: 2, maxLength: 2 }, examples: ['AT'] })

/** Written with or without spaces, dots and hyphens; kept without. Whether it exists, only the tax office knows. */
const vatId = z
  .string()
  .max(40)
  .transform((written) => written.replaceAll(/[\s.-]/g, '').toUpperCase())
  .pipe(z.string().regex(/^[A-Z0-9+*]{4,20}$/, 'is not a VAT number such as "ATU12345678"'))
  .meta({ override: { type: 'string', maxLength: 40 }, examples: ['ATU12345678'] })

const count = z.int().min(0).max(1_000_000)
const limits = {
  maxSubscriptions: count.nullable(),
  maxCpuMillicores: z.int().min(0).max(2_000_000_000).nullable(),
  maxMemoryBytes: bytes.nullable(),
  maxStorageBytes: bytes.nullable(),
}
const limitsSchema = z
  .object(limits)
  .meta({ id: 'OrganizationLimits', description: 'Null is no limit; zero forbids. Administrators set them.' })

const role = z
  .enum(MembershipRole)
  .nullable()
  .meta({ description: 'What you are in it; null where you are no member, as administrators may be.' })

export const organizationSummary = z
  .object({ id: idParam('organization'), name: z.string(), personal: z.boolean(), role, createdAt: time })
  .meta({ id: 'OrganizationSummary' })

export const organizationSchema = organizationSummary
  .extend({
    billingName: z.string().nullable(),
    billingAddress: z.string().nullable(),
    country: z.string().nullable(),
    vatId: z.string().nullable(),
    limits: limitsSchema,
    updatedAt: time,
  })
  .meta({ id: 'Organization' })

/** JSON merge patch (RFC 7396): what is absent stays, null empties. */
export const organizationPatch = z
  .object({
    name: oneLine(100).exactOptional(),
    billingName: oneLine(200).nullable().exactOptional(),
    billingAddress: z.string().trim().min(1).max(1000).nullable().exactOptional(),
    country: country.nullable().exactOptional(),
    vatId: vatId.nullable().exactOptional(),
  })
  .meta({ id: 'OrganizationPatch' })

export const limitsPatch = z
  .object({
    maxSubscriptions: limits.maxSubscriptions.exactOptional(),
    maxCpuMillicores: limits.maxCpuMillicores.exactOptional(),
    maxMemoryBytes: limits.maxMemoryBytes.exactOptional(),
    maxStorageBytes: limits.maxStorageBytes.exactOptional(),
  })
  .meta({ id: 'OrganizationLimitsPatch' })

export const useSchema = z
  .object({
    limits: limitsSchema,
    used: z
      .object({ subscriptions: z.int(), cpuMillicores: z.int(), memoryBytes: bytes, storageBytes: bytes })
      .meta({ description: 'Canceled subscriptions count until their data is gone.' }),
  })
  .meta({ id: 'OrganizationUse' })

export const limitsOf = ({ maxSubscriptions, maxCpuMillicores, maxMemoryBytes, maxStorageBytes }: Organization) => ({
  maxSubscriptions,
  maxCpuMillicores,
  maxMemoryBytes,
  maxStorageBytes,
})

export const organizationModel = <Row extends Organization>(row: Row) => ({ ...row, limits: limitsOf(row) })
