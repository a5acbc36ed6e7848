import { aContainer, CONTAINER_ID } from '../testing/a-container';
import { contradicts, type Claim } from './container-claim';
import type { ContainerView } from './next-step';

const about = (claim: Omit<Claim, 'containerId'>): Claim => ({ containerId: CONTAINER_ID, ...claim });

it.each<{ name: string; view: ContainerView; claim: Claim; doubt: boolean }>([
  { name: 'an exit of a running container', view: aContainer(), claim: about({ phase: 'exited' }), doubt: true },
  { name: 'the start of a running container', view: aContainer(), claim: about({ phase: 'running' }), doubt: false },
  { name: 'the removal of a container', view: aContainer({ phase: 'exited' }), claim: about({ phase: 'absent' }), doubt: true },
  { name: 'the removal of another container', view: aContainer(), claim: { containerId: 'f00d', phase: 'absent' }, doubt: false },
  { name: 'a container that is not in the list', view: aContainer(), claim: { phase: 'absent' }, doubt: true },
  { name: 'no container where none is known', view: 'absent', claim: { phase: 'absent' }, doubt: false },
  { name: 'a container where none is known', view: 'absent', claim: about({ phase: 'created' }), doubt: true },
  { name: 'another health', view: aContainer({ health: 'starting' }), claim: about({ health: 'healthy' }), doubt: true },
  { name: 'the same health', view: aContainer({ health: 'healthy' }), claim: about({ health: 'healthy' }), doubt: false },
  { name: 'a health after the end', view: aContainer({ phase: 'exited' }), claim: about({ health: 'unhealthy' }), doubt: false },
  { name: 'anything while the engine is about to be asked', view: 'unknown', claim: about({ phase: 'exited' }), doubt: false },
])('$name', ({ view, claim, doubt }) => expect(contradicts(view, claim)).toBe(doubt));
