// Stands in for Electron's default app in a runtime that has none: starts the application folder given as the first
// argument (or in TIDELINE_APP_DIR) under that application's own name, version and path.
const { app } = require('electron')
const fs = require('node:fs')
const path = require('node:path')
const Module = require('node:module')

const isApplication = (folder) => !folder.startsWith('-') && fs.existsSync(path.join(folder, 'package.json'))
const given = process.env.TIDELINE_APP_DIR ?? process.argv.slice(1).find(isApplication)
if (given === undefined) {
  process.stderr.write('electron: no application folder was given\n')
  app.exit(1)
} else {
  const folder = path.resolve(given)
  const description = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'))
  const name = description.productName ?? description.name
  app.setName(name)
  app.setVersion(description.version)
  app.setAppPath(folder)
  app.setPath('userData', path.join(app.getPath('appData'), name))
  Module._load(path.join(folder, description.main), Module, true)
}
