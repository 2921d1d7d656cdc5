/**
 * The primitive words of the contract: branded ids, money, quantities and times.
 *
 * Money is an integer count of the currency's minor unit; quantities are integer thousandths of the unit;
 * order comes from sequence numbers, so every time here is information, never an ordering key.
 */
import { z } from 'zod'

const code = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/, 'printable characters without surrounding spaces')

/** A business unit (ARTS): the store as the retailer numbers it. */
export const storeIdSchema = code(32).brand<'StoreId'>()
export type StoreId = z.infer<typeof storeIdSchema>

/** A till, unique within its store. */
export const workstationIdSchema = code(32).brand<'WorkstationId'>()
export type WorkstationId = z.infer<typeof workstationIdSchema>

/** The agent's identity, given by the hub at enrolment. */
export const deviceIdSchema = z
  .string()
  .regex(/^dev-[a-z0-9]{12}$/, 'dev- and twelve letters or digits')
  .brand<'DeviceId'>()
export type DeviceId = z.infer<typeof deviceIdSchema>

/** One life of a device's disk: a wiped, restored or cloned disk gets another. */
export const incarnationSchema = z
  .string()
  .regex(/^[a-z0-9]{12}$/, 'twelve letters or digits')
  .brand<'Incarnation'>()
export type Incarnation = z.infer<typeof incarnationSchema>

/** The retailer's own item number, as the ERP knows it. */
export const itemIdSchema = code(64).brand<'ItemId'>()
export type ItemId = z.infer<typeof itemIdSchema>

/** A POS identity: what the scanner reads. */
export const barcodeSchema = code(64).brand<'Barcode'>()
export type Barcode = z.infer<typeof barcodeSchema>

/** SHA-256 as 64 lower-case hex digits. */
export const sha256Schema = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'a SHA-256 in lower-case hex')
  .brand<'Sha256'>()
export type Sha256 = z.infer<typeof sha256Schema>

/** ISO 4217 alphabetic code. */
export const currencySchema = z
  .string()
  .regex(/^[A-Z]{3}$/, 'a three-letter ISO 4217 code')
  .brand<'Currency'>()
export type Currency = z.infer<typeof currencySchema>

/** Ten billion minor units in one amount is a fault, not a sale. */
export const amountMinorSchema = z.int().min(-10_000_000_000).max(10_000_000_000)

/** Thousandths of the unit; a million units on one line is a fault, not a sale. */
export const quantityMilliSchema = z.int().min(-1_000_000_000).max(1_000_000_000)

/** The store's trading day, which may end after midnight. */
export const businessDaySchema = z.iso.date().brand<'BusinessDay'>()
export type BusinessDay = z.infer<typeof businessDaySchema>

/** A moment in UTC, milliseconds: 2026-01-31T08:15:00.000Z. */
export const instantSchema = z.iso.datetime({ precision: 3 }).brand<'Instant'>()
export type Instant = z.infer<typeof instantSchema>

/** A time as a till printed it: with an offset, or in the store's local time without one. */
export const tillTimeSchema = z.iso.datetime({ local: true, offset: true })

/** A record's place in its journal: counts from 1, gapless. */
export const seqSchema = z.int().min(1)

/** A feed position, issued by the hub; 0 means "nothing yet". */
export const checkpointSchema = z.int().min(0)

/** One life of the hub's data: a hub restored from a backup, or declared to be, gets another. Watermarks and checkpoints count within it. */
export const hubEpochSchema = z
  .string()
  .regex(/^[a-z0-9]{12}$/, 'twelve letters or digits')
  .brand<'HubEpoch'>()
export type HubEpoch = z.infer<typeof hubEpochSchema>

/** 64 bits in hex: the exclusive or of the first 8 bytes of each hash in a set. Whatever the order, equal sets give equal digests. */
export const digestSchema = z
  .string()
  .regex(/^[0-9a-f]{16}$/, 'sixteen lower-case hex digits')
  .brand<'Digest'>()
export type Digest = z.infer<typeof digestSchema>

/** Bytes as Socket.IO carries them beside the JSON. */
export const bytesSchema: z.ZodType<Uint8Array> = z.instanceof(Uint8Array)
