/** How pg turns a value into text; it has no types of its own. */
declare module 'pg/lib/utils.js' {
  export const prepareValue: (value: unknown) => unknown
}
