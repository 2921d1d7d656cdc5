/** Lint rules of our own, where oxlint has none: a Date made without arguments reads the clock. */

const noClockConstruction = {
  meta: { type: 'problem' },
  /** @param {any} context */
  create: (context) => ({
    /** @param {any} node */
    NewExpression: (node) => {
      if (node.callee.type !== 'Identifier' || node.callee.name !== 'Date' || node.arguments.length > 0) return
      context.report({ node, message: 'Core reads no clock: new Date() without arguments is one.' })
    },
  }),
}

export default { meta: { name: 'tideline' }, rules: { 'no-clock-construction': noClockConstruction } }
