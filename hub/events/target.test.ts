import { expect, it } from 'vitest'
import { guardedLookup, isInside, refusedTarget } from './target.ts'

it('[AVL24] webhooks go to https, or to this computer; a URL with a password, and other schemes, are refused', () => {
  for (const url of [
    'https://shop.example/hook?a=1',
    'http://127.0.0.1:8080/',
    'http://localhost/',
    'http://[::1]:9/',
    'https://93.184.216.34/',
  ])
    expect(refusedTarget(url, 'refuse'), url).toBeNull()
  for (const url of ['http://shop.example/', 'ftp://shop.example/', 'https://u:p@shop.example/', 'shop.example', 'file:///etc/passwd'])
    expect(refusedTarget(url, 'allow'), url).not.toBeNull()
})

it('[AVL24] addresses inside a network are refused in every spelling, unless the hub is set to send there', () => {
  const inside = [
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '[fd00::1]',
    '[fe80::1]',
    '[::ffff:10.0.0.1]',
    '0x0a000001',
    '167772161',
    '[::]',
  ]
  for (const host of inside) {
    expect(refusedTarget(`https://${host}/`, 'refuse'), host).toMatch(/inside a network/)
    expect(refusedTarget(`https://${host}/`, 'allow'), host).toBeNull()
  }
  expect(isInside('8.8.8.8')).toBe(false)
  expect(isInside('2606:4700::1111')).toBe(false)
})

it('[AVL24] a name that leads inside is found out when the connection is made', async () => {
  const resolve = (url: string) =>
    new Promise<string>((settle) =>
      guardedLookup(url, 'refuse')('localhost', {}, (error, address) => settle(error ? error.message : String(address))),
    )
  expect(await resolve('https://shop.example/')).toMatch(/localhost leads to .* inside a network/)
  expect(await resolve('http://localhost/')).toMatch(/^(127\.0\.0\.1|::1)$/)
})
