/**
 * Words that the agent itself writes into its log, and that systems write into errors. In a support bundle they alone are readable: what is
 * not among them may be a name, a receipt, a token. A word missing here costs support a word, and nobody anything else.
 */
const words = `
  a aborted about above absolute access acked acknowledge acknowledged acknowledgement across action activate add address addresses
  after again agent ago agrees all allowed alone already alt amount an and anew anonymous another answer answered answerer answers any
  apache app append appended application are arguments array as asc ascend aside ask asked asking asks assertion assets assortment async
  at attach authenticate await away back background backup bad barcode base basic batch be bear bearer because becomes been before began
  begin begins begun behind being believed belong below between beyond bigint bind blob body books boot both bounds broke broken brought
  browser buffer build built bulk bundle business busy but by byte bytes cache call called came can cancelled cannot capture captured
  carries cases catalogue catch cert certificate chain chained challenge change changed changes characters charset check checked
  checkpoint chromium chunk cjs claim class click client clock close closed closes closing cluster code coded column come comes common
  compare compared compares comparison complete components compressed computer config configuration confine confirms conflict connect
  connected connecting connection console const constraints content contents context continue contract control cookie copied copy core
  could count counter counts crash create credit crowded crt css csv currency current cut damage damaged data database date day days
  dead deadline decide declined decrypt default deflate deleted deletions delta denied denies deny der desc describe description
  descriptor details dev device devtools dexie diagnostics dialect did differ differed difference differing differs digests digit digits
  dir disconnect discounts disk dismiss distrust distrusted do docs document documents does done down downloaded dropped due duplicate
  durable during eacces each eaddrinuse eaddrnotavail earliest early ebadf ebusy econnrefused econnreset edquot eexist effect effective
  ehostunreach eio eisdir electron elements else emfile emit empty en encoding encrypt encrypted encryption end ended enetunreach engine
  enoent enospc enotdir enotempty enotfound enough enrol enrolled enrolment enrolments entries entry eperm epipe epoch era erofs error
  errors esrch etimedout event events every everything exception exceptions exchange exit exited expired export expression ext extends
  facts fail failed failing failure false far faster fatal fault feed feeds fell fetch fetched field file files fill filled filling
  finding fingerprint first fit floor flush fold folder follow follows font for force forecast foreign form former found frame free from
  full function further gap gave gb generator generic get gets give given gives goes gone grand granted greet grew had hand handed
  handle handled handler handles handshake happened has hash have head health heap held hello here hex hold holds holes host hostname
  hour how html http https hub icon id identity idle if image import in incarnation incarnations included index info inline input
  inspect installed instance instanceof integer integration interface internal into invalid is iso isolation issue it item items
  iterator its itself javascript join journal js json jsonl judged jumped just k keep keeps kept kernel key keys kill killed kind know
  known knows lacked lacks lan land large last late later latin le least ledger left length level life like limit line lines link linux
  list listen listened listener lives load loaded local localhost lock log long longer look looked looking looks lookup lose lost low
  main make malformed manager manifest many map mapping mappings max may mb measure measured memory message messages method minor minute
  minutes missing module modules month more most move moved ms much must mysql name named names native natural navigate near nearest
  nearly needed needs neighbours net network never new newer newest next no nobody node none nosniff not noted nothing now null number
  numbers numeric object of off offers office offline offset ok old older on once one ones online only oom open openapi opened opens
  operating operation options or order other others ours out outbox outcome outside over overridden own packaged packed packet page
  pages paid parked parse part partial partition parts path pathname patterns pause payload payments pem pending percent permissions
  permitted persist persisted person ping pipe pkcs place plain plu png poke policy pong port ports positions poslog post posted
  postgres postings preferences preload presumed prevent previous price prices private probe probed problem proc process processes
  program programs progress promise protected protection protocol proven proxy prune pruned pruning publish published pull pulled push
  put quarantine quarantined query queue quit quota random range rangeerror ranges raw reach reached read reading ready reason reasons
  rebuild receipt received record recorded records recovery redirect reference referenceerror refusal refuse refused refuted reincarnate
  rejected rejection release reload remove removed rename render renderer renew repair repaired repeated replace replaced reply report
  reported reports request requested requests require reserve reset resolved resource response restarted restarting resting restore
  restored result results resumed retention retry retrying return role room roomy round rounding rounds routine row rows ruled running
  runs runtime safe said sale sales same sandbox saved say says schemas script search sec second seconds secrets security see segment
  segments self send sending sends sent separator seq sequence serve server session set settings settled settlement several sha shell
  short should show shown shows shutdown sigint sign signal signature signed sigterm silent since site size skipped slept slow socket
  some somebody something soon source sources space span speaks spellcheck spki split spoiled sqlite src stack stale stand stands start
  started starting starts stat state stated statement status stays step still stopped storage store stored stranger strict string
  subject submit succeeds such support suspended svg sync syntax syntaxerror sys system table tag tail take taken takes tally taps tax
  taxes temporary tender tenders text than that the their them then there these they this those thread threads throttling through throw
  ticks tideline till tills time timed timeout timer tls tmp to together token tokens told too took tools torn total totals toward
  traffic training transaction transactions transient transport travels tray tried tries true truncate try trying ts turns two type
  typeerror unauthorized unavailable unbroken uncaught undefined under understood unexpected unfinished unhandled union unit unknown
  unpacked unreachable unreadable unrecognized unref unsafe until up update updater upgrade urgent url us usage use used user utc utf
  valid value variables vault verdict verdicts version view visited vocabulary void wait waited waiting waits wake wall wanted warn
  warning was watched watermark way web websocket webview welcome welcomed went were what when where which while whole whose will win
  window windows with without woff woke words work worker workstation workstations worth write writer writes written wrong ws www xml
  year yet zone zoned
`

export const knownWords: ReadonlySet<string> = new Set(words.trim().split(/\s+/))
