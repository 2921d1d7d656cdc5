/** The second hundred of the two hundred worlds of every push: in a file of its own, for the other core. */
import { it } from 'vitest'
import { expectFiftyWorlds } from './fifty-worlds.ts'

it.each([101, 151])('[OPS8] fifty worlds from seed %i come to rest with every invariant kept', expectFiftyWorlds, 15 * 60_000)
