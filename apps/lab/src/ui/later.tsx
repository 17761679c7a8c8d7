import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

/** A part of the site whose code comes when it is asked for first. */
export function later<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  let known: ComponentType<Props> | undefined;
  return function Later(props: Props) {
    const [Loaded, setLoaded] = useState<ComponentType<Props> | undefined>(() => known);
    const [problem, setProblem] = useState<string | undefined>(undefined);
    useEffect(() => {
      if (Loaded !== undefined) return;
      const take = async (): Promise<void> => {
        try {
          const component = await load();
          known = component;
          setLoaded(() => component);
        } catch (error) {
          setProblem(String(error));
        }
      };
      void take();
    }, [Loaded]);
    if (Loaded !== undefined) return <Loaded {...props} />;
    if (problem === undefined) return <p role="status">This page is being loaded…</p>;
    return <p class="problem">This page could not be loaded: {problem}. Load it again.</p>;
  };
}
