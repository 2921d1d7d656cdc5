/** The first hundred of the two hundred worlds of every push. */
import { it } from 'vitest'
import { expectFiftyWorlds } from './fifty-worlds.ts'

it.each([1, 51])('[OPS8] fifty worlds from seed %i come to rest with every invariant kept', expectFiftyWorlds, 15 * 60_000)
