/** Enrolment over the hub's HTTP API: `POST /v1/enrolments`. The private key never leaves the store. */
import { z } from 'zod'
import { deviceIdSchema, storeIdSchema } from './vocabulary.ts'

export const enrolmentRequestSchema = z.strictObject({
  code: z.string().regex(/^[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}$/, 'an enrolment code such as ABCD-EFGH-JKLM'),
  /** Ed25519 public key, SPKI DER in base64url. */
  publicKey: z.string().min(40).max(200),
  hostName: z.string().max(200),
})
export type EnrolmentRequest = z.infer<typeof enrolmentRequestSchema>

export const enrolmentResponseSchema = z.strictObject({
  deviceId: deviceIdSchema,
  storeId: storeIdSchema,
  storeName: z.string(),
  currency: z.string(),
  timeZone: z.string(),
})
export type EnrolmentResponse = z.infer<typeof enrolmentResponseSchema>

export const enrolmentCodeResponseSchema = z.strictObject({ code: z.string(), expiresAt: z.string() })
