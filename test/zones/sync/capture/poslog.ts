// Well behaved: a dialect is parsed into the contract's words.
import { SaxesParser } from 'saxes'
import { recordShape } from '#sync/contract/record-shape.ts'

export const readPoslog = () => [new SaxesParser(), recordShape]
