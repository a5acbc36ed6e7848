/** Says which stack an object belongs to; the docker command's own label, so that both work on each other's stacks. */
export const NAMESPACE_LABEL = 'com.docker.stack.namespace';
/** The image as the file has it, before it was pinned to a digest. */
export const IMAGE_LABEL = 'com.docker.stack.image';

/** The name that something of a stack has in the cluster. */
export function scopedName(stack: string, name: string): string {
  return `${stack}_${name}`;
}

/** The name of something that has one of its own, or one of this cluster that the stack does not own. */
export function objectName(stack: string, key: string, { name, external }: { name?: string; external?: boolean }): string {
  return name ?? (external ? key : scopedName(stack, key));
}
