import type { Callback } from "@quorate/host";
import { enginePages, type EnginePages } from "./engine-pages.ts";
import { keyAfter, type KeyText } from "./key-text.ts";
import type { Layer } from "./layer.ts";
import { isEmptySpan, type Span } from "./span.ts";
import { untilFinished } from "./steps.ts";
import type { Found, Version } from "./version.ts";
import type { View } from "./view.ts";

/** Keys looked at in one step: well below a millisecond. */
const keysPerStep = 256;

/** A layer's keys in a span, a page at a time, however the layer grows meanwhile. */
class LayerKeys {
  readonly layer: Layer;
  readonly #to: KeyText | undefined;
  #from: KeyText;
  #page: readonly KeyText[] = [];
  #at = 0;
  #isEnded = false;

  constructor(layer: Layer, span: Span) {
    this.layer = layer;
    this.#from = span.from;
    this.#to = span.to;
  }

  peek(): KeyText | undefined {
    if (this.#at < this.#page.length) return this.#page[this.#at];
    if (this.#isEnded) return undefined;
    this.#page = this.layer.keys.page(this.#from, this.#to, keysPerStep);
    this.#at = 0;
    const last = this.#page.at(-1);
    if (last === undefined) this.#isEnded = true;
    else this.#from = keyAfter(last);
    return this.#page[0];
  }

  skip(): void {
    this.#at++;
  }
}

/** The live keys of a span in a view, ascending: the layers over the engine. */
export class MergedCursor {
  readonly #view: View;
  readonly #layers: readonly LayerKeys[];
  readonly #engine: EnginePages | undefined;
  #page: readonly Found[] = [];
  #at = 0;
  #isEngineEnded: boolean;

  /** `keysOnly`: the versions of keys found in the engine stay undefined, and cost nothing to read. */
  constructor(view: View, span: Span, keysOnly: boolean) {
    this.#view = view;
    this.#layers = isEmptySpan(span) ? [] : view.layers.map((layer) => new LayerKeys(layer, span));
    this.#engine = isEmptySpan(span) ? undefined : enginePages(view, span, keysOnly);
    this.#isEngineEnded = this.#engine === undefined;
  }

  /** Up to `limit` more keys; none is the end. */
  next(limit: number, done: Callback<readonly Found[]>): void {
    const found: Found[] = [];
    const count = Math.min(limit, keysPerStep);
    untilFinished(
      (step) => {
        if (this.#at >= this.#page.length && !this.#isEngineEnded)
          return this.#readPage(count, (error) => step(error, false));
        const isExhausted = this.#merge(found, count);
        if (found.length > 0 || isExhausted) return step(undefined, true);
        // Only deleted keys and keys newer than the view so far, or the engine's page is used up.
        if (this.#at >= this.#page.length && !this.#isEngineEnded) return step(undefined, false);
        this.#view.pause(() => step(this.#view.interrupted(), false));
      },
      (error) => done(error, found),
    );
  }

  close(): void {
    this.#engine?.close();
  }

  #readPage(count: number, done: (error: Parameters<Callback<unknown>>[0]) => void): void {
    (this.#engine as EnginePages).next(count, (error, page) => {
      this.#page = page;
      this.#at = 0;
      this.#isEngineEnded = page.length === 0;
      done(error ?? this.#view.interrupted());
    });
  }

  /** Fills `found` up to `count`; returns whether nothing is left. Stops where the engine's next page is needed. */
  #merge(found: Found[], count: number): boolean {
    for (let looked = 0; looked < keysPerStep && found.length < count; looked++) {
      const engine = this.#page[this.#at];
      if (engine === undefined && !this.#isEngineEnded) return false;
      let key = engine?.key;
      for (const layer of this.#layers) {
        const candidate = layer.peek();
        if (candidate !== undefined && (key === undefined || candidate < key)) key = candidate;
      }
      if (key === undefined) return true;
      const version = this.#takeFromLayers(key);
      if (engine?.key === key) this.#at++;
      if (version === undefined) {
        if (engine?.key === key) found.push(engine);
      } else if (version.alive) {
        found.push({ key, revision: version.revision, version });
      }
    }
    return false;
  }

  #takeFromLayers(key: KeyText): Version | undefined {
    let version: Version | undefined;
    for (const keys of this.#layers) {
      if (keys.peek() !== key) continue;
      keys.skip();
      version ??= keys.layer.at(key, this.#view.revision);
    }
    return version;
  }
}
