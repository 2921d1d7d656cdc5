import '#test/simulation/prompt-node.ts'
import { openPostgres } from '#test/simulation/postgres.ts'
import { runWorld, lengthOf } from '#test/simulation/world.ts'
import { drawFaults } from '#test/simulation/fault.ts'
import { chanceOf } from '#test/simulation/chance.ts'
const e=await openPostgres()
const seen=new Map<string,[number,number]>()
const orig=e.run
let inner=0
;(e as any).run=async(t:string,p:any)=>{const c=performance.now();const r=await orig(t,p);const k=t.trim().replace(/\s+/g,' ').slice(0,46);const x=seen.get(k)??[0,0];x[0]++;x[1]+=performance.now()-c;seen.set(k,x);return r}
const reset=e.reset; (e as any).reset=async()=>{const c=process.cpuUsage();await reset();const d=process.cpuUsage(c);inner+=(d.user+d.system)/1000}
const c0=process.cpuUsage()
for(let seed=101;seed<113;seed++){ const o=await runWorld({seed,faults:drawFaults(chanceOf(seed,'faults'),lengthOf(seed))}); console.log(seed,o.traceHash,o.violations.map(v=>v.slice(0,100)))}
const c=process.cpuUsage(c0)
console.log('cpu per seed',(c.user+c.system)/12000,'reset',inner/12)
console.log([...seen].sort((a,b)=>b[1][1]-a[1][1]).slice(0,40).map(([k,[n,t]])=>`${(n/12).toFixed(0)}x ${(t/12).toFixed(1)}ms ${k}`).join('\n'))
