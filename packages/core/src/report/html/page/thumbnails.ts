/** The images that lie in the page. They are looked up when the first is asked for. */
export class Thumbnails {
  private images: Map<number, string> | undefined;

  constructor(private readonly instances: ArrayLike<number> | undefined) {}

  /** WebP in base64; undefined where there is none. */
  of(instance: number): string | undefined {
    if (this.instances === undefined) return undefined;
    this.images ??= lookup(this.instances);
    return this.images.get(instance);
  }
}

function lookup(instances: ArrayLike<number>): Map<number, string> {
  const lines = document.getElementById('thumbnails')!.textContent.split('\n');
  return new Map(lines.map((line, i) => [instances[i], line]));
}
