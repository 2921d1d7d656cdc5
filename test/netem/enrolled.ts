/** What enrolment at the hub's side gave, as it is carried to the store's side by hand. */
import { z } from 'zod'

export const enrolledSchema = z.strictObject({ deviceId: z.string(), incarnation: z.string(), storeId: z.string(), key: z.string() })
export type Enrolled = z.infer<typeof enrolledSchema>
