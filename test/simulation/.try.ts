import '#test/simulation/prompt-node.ts'
import { drawFaults } from '#test/simulation/fault.ts'
import { chanceOf } from '#test/simulation/chance.ts'
import { runWorld, lengthOf } from '#test/simulation/world.ts'
const from=Number(process.argv[2]??1), n=Number(process.argv[3]??1)
await (await import('#test/simulation/postgres.ts')).openPostgres()
for(let seed=from;seed<from+n;seed++){
 const t=performance.now(), cpu=process.cpuUsage()
 const o=await runWorld({seed,faults: process.argv[5]==='calm'?[]:drawFaults(chanceOf(seed,'faults'),lengthOf(seed)),keepStory:process.argv[4]==='story'})
 console.log(seed,(performance.now()-t).toFixed(0)+'ms',o.events,o.transactions,o.traceHash,o.virtualMs,'cpu',((c=>c.user+c.system)(process.cpuUsage(cpu))/1000).toFixed(0),o.violations,JSON.stringify(o.counts))
 if(process.argv[4]==='story') console.log(o.story.join('\n'))
}
