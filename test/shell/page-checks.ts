/** Checks of a whole page that any screen must pass: contrast, and a name for whatever can be reached or is announced. */
import type { Page } from 'playwright'

export interface FaintText {
  text: string | undefined
  ratio: number
}

/** Texts whose contrast to what is behind them is below WCAG AA (4.5 : 1). */
export const faintTexts = (page: Page): Promise<FaintText[]> =>
  page.evaluate(() => {
    const luminance = (color: string) => {
      const [r = 0, g = 0, b = 0] = (color.match(/[\d.]+/g) ?? []).map((c) =>
        Number(c) / 255 <= 0.03928 ? Number(c) / 255 / 12.92 : ((Number(c) / 255 + 0.055) / 1.055) ** 2.4,
      )
      return 0.2126 * r + 0.7152 * g + 0.0722 * b
    }
    const backgroundOf = (element: Element | null): string => {
      for (let at = element; at; at = at.parentElement) {
        const color = getComputedStyle(at).backgroundColor
        if (!/^rgba\(.*, 0\)$/.test(color)) return color
      }
      return 'rgb(255, 255, 255)'
    }
    const holdsText = (element: Element): boolean => [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim())
    const isLive = (element: Element): boolean => element.closest('[disabled], [data-disabled], .visually-hidden') === null
    return [...document.querySelectorAll('body *:not(script):not(style)')]
      .filter((element) => holdsText(element) && isLive(element) && element.getClientRects().length > 0)
      .map((element) => {
        const [a = 0, b = 0] = [luminance(getComputedStyle(element).color), luminance(backgroundOf(element))].sort((x, y) => y - x)
        return { text: element.textContent?.slice(0, 30), ratio: (a + 0.05) / (b + 0.05) }
      })
      .filter(({ ratio }) => ratio < 4.5)
  })

/** Regions, tables, progress bars, buttons and whatever takes the focus, without a name; headings that skip a level; ids given twice. */
export const unnamedParts = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const nameOf = (part: Element): string => {
      const labelled = (part.getAttribute('aria-labelledby') ?? '').split(' ').map((id) => document.getElementById(id)?.textContent ?? '')
      return (
        [part.getAttribute('aria-label'), ...labelled, part.querySelector('caption')?.textContent, part.textContent].find((text) =>
          text?.trim(),
        ) ?? ''
      )
    }
    const named = 'button, a, input, table, [role=progressbar], [role=tablist], [role=tab], [tabindex="0"]'
    const unnamed = [...document.querySelectorAll(named)].filter((part) => nameOf(part) === '' && !(part instanceof HTMLInputElement))
    const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id)
    const twice = ids.filter((id, index) => ids.indexOf(id) !== index)
    const icons = [...document.querySelectorAll('svg:not([aria-hidden])')].filter((icon) => icon.closest('[aria-hidden]') === null)
    return [
      ...unnamed.map((part) => part.outerHTML.slice(0, 80)),
      ...twice.map((id) => `id ${id}`),
      ...icons.map((icon) => icon.outerHTML.slice(0, 80)),
    ]
  })
