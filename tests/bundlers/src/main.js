import './main.css'
import picture from './picture.svg'
import { word } from './word.js'

// Some bundlers give the image a path from the script, others a URL.
const here = import.meta.url
globalThis.ran = [...(globalThis.ran ?? []), 'main']
export const name = 'main'
document.body.append(Object.assign(new Image(), { src: new URL(picture, here).href }))
import('./late.js').then(late => { globalThis.said = `${late.said} ${word}` })
