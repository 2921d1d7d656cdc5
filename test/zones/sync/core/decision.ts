// Well behaved: core decides with what it is given; a date made of an argument reads no clock.
import * as z from 'zod'
import { recordShape } from '../contract/record-shape.ts'
import { other } from '#sync/contract/other.ts'

export const decide = (instantMs: number) => z.array(recordShape).parse([{ other }]).length + new Date(instantMs).getTime()
