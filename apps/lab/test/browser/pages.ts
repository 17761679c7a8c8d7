import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before } from "node:test";
import { chromium, type Browser, type Page } from "playwright-core";
import { startSite, type Site } from "./site.ts";

const executablePath = "/usr/bin/chromium";
const isMissing = !existsSync(executablePath);

/** Why tests in a browser are left out here; false where they run. */
export const skip =
  isMissing && process.env["CI"] !== "true" ? "chromium is not installed (apt-get install chromium)" : false;

const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

export function launchBrowser(): Promise<Browser> {
  const args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"];
  return chromium.launch({ executablePath, args });
}

/** The site and a browser, there for all tests of a file, where there is a browser. `run` is served beside the site. */
export function useSite(run?: string): { readonly address: () => string; readonly browser: () => Browser } {
  let site: Site | undefined;
  let browser: Browser | undefined;
  before(async () => {
    if (skip !== false) return;
    site = await startSite(run);
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await site?.close();
  });
  return { address: () => (site as Site).address, browser: () => browser as Browser };
}

/** A page, and what it complained about. */
export interface Opened {
  readonly page: Page;
  readonly complaints: string[];
}

export const screens = [
  { width: 1280, height: 900 },
  { width: 390, height: 800 },
] as const;

/** The long form of the lab's tests (`npm run verify`). */
export const isLongForm = process.env["QUORATE_LAB"] === "all";

/** Where pages are held against what they must be on every screen: otherwise on the phone alone, where room is scarce. */
export const lookedAt = isLongForm ? screens : screens.slice(1);

export async function openPage(
  browser: Browser,
  address: string,
  viewport: { width: number; height: number } = screens[0],
): Promise<Opened> {
  const page = await browser.newPage({ viewport });
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(address);
  await page.locator("h1").first().waitFor();
  return { page, complaints };
}

/** Nothing that an automated check of accessibility finds, and nothing beyond the edge of the screen. */
export async function assertAccessible(page: Page): Promise<void> {
  await page.addScriptTag({ path: axePath });
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run: () => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`);
  });
  assert.deepEqual(found, []);
  const widest = await page.evaluate<number>("document.documentElement.scrollWidth");
  const { width } = page.viewportSize() ?? { width: 0 };
  assert.ok(widest <= width, `the page is ${widest} pixels wide on a screen of ${width}`);
}
