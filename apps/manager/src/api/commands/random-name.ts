import { randomInt } from 'node:crypto';

const MANNERS = `
  able agile amber ample apt bold brave bright brisk calm clear clever cool crisp deft eager early fair fine firm fleet fond
  frank free fresh glad grand green handy hardy keen kind light lively loyal lucid mellow merry mild neat nimble noble
  patient plain polite prime proud quick quiet rapid ready sharp silent snug solid sound steady still sunny swift tidy true
  vivid warm wise witty
`
  .trim()
  .split(/\s+/);

const BIRDS = `
  avocet bittern bulbul bunting buzzard canary condor coot cormorant crane crow cuckoo curlew dipper dove dunlin eagle egret
  falcon finch flamingo gannet godwit goose goshawk grebe gull harrier heron hoopoe ibis jackdaw jay kestrel kingfisher kite
  knot lapwing lark linnet magpie martin merlin nightjar nuthatch oriole osprey owl pelican petrel pipit plover puffin quail
  raven redstart robin rook shrike siskin skua snipe starling stork swallow swan swift teal tern thrush wagtail warbler
  waxwing wigeon wren
`
  .trim()
  .split(/\s+/);

const SUFFIXES = 1000;

/** A name for a service whose client gave none, as `brisk_heron_417`. */
export function randomName(): string {
  const pick = (words: readonly string[]) => words[randomInt(words.length)];
  return `${pick(MANNERS)}_${pick(BIRDS)}_${randomInt(SUFFIXES)}`;
}
