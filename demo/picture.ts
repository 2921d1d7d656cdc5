/** What the terminal shows while the demo runs: redrawn in place on a terminal, a line every few seconds elsewhere. */

export interface PictureFacts {
  elapsedSeconds: number
  sold: number
  repeated: number
  captured: number
  pending: number
  atHub: number
  posted: number
  held: number
  /** Not understood, or in conflict with an earlier one: kept, for a person. */
  setAside: number
  priceChangesSent: number
  priceChangesAtTill: number
  trouble: string | undefined
}

const clock = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(11, 19)

export const drawPicture = (title: string, facts: PictureFacts, addresses: readonly string[]): string[] => {
  const row = (label: string, count: number, meaning: string) => `  ${label.padEnd(22)}${String(count).padStart(6)}   ${meaning}`
  return [
    `${title}   ${clock(facts.elapsedSeconds)}`,
    '',
    row('sold at the tills', facts.sold, `receipts printed (${facts.repeated} sent twice on purpose)`),
    row('captured', facts.captured, "safe on the store PC's disk"),
    row('waiting to be sent', facts.pending, 'captured, not yet at the hub'),
    row('at the hub', facts.atHub, 'in the central log'),
    row('posted', facts.posted, `booked in the ERP${facts.held > 0 ? `, ${facts.held} held for a person` : ''}`),
    row('price changes', facts.priceChangesSent, `made in the ERP, ${facts.priceChangesAtTill} at the till`),
    ...(facts.setAside > 0 ? [row('set aside', facts.setAside, 'not understood, kept for a person: see the store window')] : []),
    ...(facts.trouble ? ['', `  ! ${facts.trouble}`] : []),
    '',
    ...addresses.map((address) => `  ${address}`),
  ]
}

export const drawLine = (facts: PictureFacts): string =>
  `${clock(facts.elapsedSeconds)}  sold ${facts.sold} · captured ${facts.captured} · waiting ${facts.pending} · at hub ${facts.atHub} · posted ${facts.posted} · ` +
  `price changes ${facts.priceChangesSent} made, ${facts.priceChangesAtTill} at the till${facts.trouble ? ` · ${facts.trouble}` : ''}`

export interface Screen {
  show(lines: string[], line: string): void
  /** A line that stays; the picture goes on below it. */
  say(line: string): void
}

export const openScreen = (stream: NodeJS.WriteStream, nowMs: () => number): Screen => {
  let drawn = 0
  let lastLineMs = Number.NEGATIVE_INFINITY
  return {
    show: (lines, line) => {
      if (stream.isTTY) {
        stream.write(`${drawn > 0 ? `\u001b[${drawn}A\u001b[J` : ''}${lines.join('\n')}\n`)
        drawn = lines.length
      } else if (nowMs() - lastLineMs >= 5_000) {
        lastLineMs = nowMs()
        stream.write(`${line}\n`)
      }
    },
    say: (line) => {
      // Behind an echoed ^C the cursor is not at the start of its line.
      stream.write(`${drawn > 0 ? '\n' : ''}${line}\n`)
      drawn = 0
    },
  }
}
