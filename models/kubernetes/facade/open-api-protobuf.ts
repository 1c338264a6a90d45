/**
 * The OpenAPI 2.0 document in gnostic's protobuf form, which kubectl up to 1.28 asks for and accepts alone.
 *
 * Definitions are written, and of the paths what tells older kubectls that a kind can be patched in a dry run; these
 * clients read nothing else. Field numbers: gnostic/openapiv2/OpenAPIv2.proto.
 */
import protobuf from 'protobufjs/minimal.js';
import { stringify } from 'yaml';
import type { KindInfo } from '../api-server/registry/kind.ts';
import type { Schema } from '../api-server/discovery/open-api-schema.ts';
import { VERSION } from '../api-server/discovery/version.ts';

type Writer = protobuf.Writer;

const LENGTH_DELIMITED = 2;
const tag = (id: number): number => (id << 3) | LENGTH_DELIMITED;

const text = (writer: Writer, id: number, value: unknown): void => {
  if (typeof value === 'string' && value !== '') writer.uint32(tag(id)).string(value);
};

/** Writes a message field whose length is known once it is written. */
function nested(writer: Writer, id: number, write: (inner: Writer) => void): void {
  writer.uint32(tag(id)).fork();
  write(writer);
  writer.ldelim();
}

function namedSchemas(writer: Writer, entries: Readonly<Record<string, Schema>>): void {
  for (const [name, schema] of Object.entries(entries)) {
    nested(writer, 1, (entry) => {
      text(entry, 1, name);
      nested(entry, 2, (inner) => writeSchema(inner, schema));
    });
  }
}

function writeSchema(writer: Writer, schema: Schema): void {
  text(writer, 1, schema['$ref']);
  text(writer, 2, schema['format']);
  text(writer, 4, schema['description']);
  for (const name of (schema['required'] as readonly string[] | undefined) ?? []) text(writer, 19, name);
  const additional = schema['additionalProperties'];
  if (typeof additional === 'object' && additional !== null) {
    nested(writer, 21, (item) => nested(item, 1, (inner) => writeSchema(inner, additional as Schema)));
  }
  if (typeof schema['type'] === 'string') nested(writer, 22, (item) => text(item, 1, schema['type']));
  const items = schema['items'];
  if (typeof items === 'object' && items !== null) nested(writer, 23, (item) => nested(item, 1, (inner) => writeSchema(inner, items as Schema)));
  const properties = schema['properties'];
  if (typeof properties === 'object' && properties !== null) {
    nested(writer, 25, (inner) => namedSchemas(inner, properties as Readonly<Record<string, Schema>>));
  }
  for (const [name, value] of Object.entries(schema)) {
    if (!name.startsWith('x-')) continue;
    nested(writer, 31, (entry) => {
      text(entry, 1, name);
      nested(entry, 2, (any) => text(any, 2, stringify(value)));
    });
  }
}

/** A path whose PATCH names its kind and takes `dryRun` (kubectl/pkg/util/openapi/dryrun.go). */
function patchPath(writer: Writer, { group, resource, kind, versions }: KindInfo): void {
  for (const { version } of versions) {
    nested(writer, 2, (named) => {
      text(named, 1, `${group === '' ? '/api' : `/apis/${group}`}/${version}/${resource}/{name}`);
      nested(named, 2, (item) => nested(item, 8, (operation) => {
        nested(operation, 8, (parameter) => nested(parameter, 1, (either) => nested(either, 2, (nonBody) => nested(nonBody, 3, (query) => {
          text(query, 2, 'query');
          text(query, 4, 'dryRun');
          text(query, 6, 'string');
        }))));
        nested(operation, 13, (extension) => {
          text(extension, 1, 'x-kubernetes-group-version-kind');
          nested(extension, 2, (any) => text(any, 2, stringify({ group, kind, version })));
        });
      }));
    });
  }
}

/** The whole document. */
export function openApiProtobuf(definitions: Readonly<Record<string, Schema>>, kinds: readonly KindInfo[]): Buffer {
  const writer = protobuf.Writer.create();
  text(writer, 1, '2.0');
  nested(writer, 2, (info) => {
    text(info, 1, 'Kubernetes');
    text(info, 2, VERSION.gitVersion);
  });
  nested(writer, 8, (paths) => {
    for (const info of kinds) if (info.verbs.includes('patch')) patchPath(paths, info);
  });
  nested(writer, 9, (inner) => namedSchemas(inner, definitions));
  return Buffer.from(writer.finish());
}
