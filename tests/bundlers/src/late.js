import './late.css'
import { name } from './main.js'
import { word } from './word.js'

globalThis.ran.push('late')
export const said = `${name} ${word}`
