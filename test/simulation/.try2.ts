import { openPostgres } from '#test/simulation/postgres.ts'
const e=await openPostgres()
let turns=0
const turn=()=>new Promise(r=>setImmediate(r))
for (let k=0;k<5;k++){
let done=false; turns=0
const t=performance.now()
void e.run('select 1 as x').then(()=>done=true)
while(!done){await turn();turns++}
console.log('turns',turns,(performance.now()-t).toFixed(2))
}
let t=performance.now(); await e.reset(); console.log('reset',performance.now()-t)
t=performance.now(); for(let i=0;i<200;i++) await e.run('select * from posting where state=$1',['x']); console.log('200q',performance.now()-t)
t=performance.now(); const c=process.cpuUsage(); for(let i=0;i<200;i++) await e.run(`insert into exception(exception_id,kind,message,owner) values ($1,'a','b','c')`,[`e${i}`]); console.log('200 ins',performance.now()-t, process.cpuUsage(c))
