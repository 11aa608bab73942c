/** Every reason for which a template is refused, with the way out. The codes are stable: programs compare them. */
export const refusals = {
  ALIAS_COLLISION: 'Give the services names and aliases that differ in more than case and punctuation.',
  BIND_OF_HOST_PATH: 'Use a named volume; give a file its text with `content`.',
  BUILD_NOT_SUPPORTED: 'Build and push the image elsewhere, and name it with `image`.',
  CAPABILITY_NOT_ALLOWED: 'Leave the capability out, or choose an image that works without it.',
  CGROUP_NOT_ALLOWED: 'Leave it out: containers have cgroups of their own.',
  CLUSTERED_NEEDED:
    'Leave it at 1, or set `x-berth.services.<name>.clustered: true` where the copies find each other by themselves.',
  CONFIG_NOT_INLINE: 'Give the text inline with `content`, or name a variable with `environment`.',
  CONFIG_UNKNOWN: 'Declare it at the top of the document with its `content`.',
  DEPENDENCY_CYCLE: 'Take one of the dependencies out.',
  DEPENDENCY_UNKNOWN: 'Name a service of this document, or take the dependency out.',
  DEVICE_NOT_ALLOWED: 'Leave the devices out: a node is shared, and its devices are not given away.',
  DOCKER_SOCKET: 'Leave it out: whoever has the container runtime has the node.',
  DURATION_INVALID: 'Write it as in `1m30s`, `10s` or `500ms`.',
  ENV_FILE_NOT_SUPPORTED: 'Write the variables under `environment`.',
  ENVIRONMENT_NAME_INVALID: 'Use letters, digits, `_`, `-` and `.`, and do not begin with a digit.',
  EXPOSE_UNKNOWN_SERVICE: 'Name a service of this document.',
  EXTENDS_NOT_SUPPORTED: 'Write the service out, or use a YAML anchor in this document.',
  FILE_WITHOUT_CONTENT:
    'Give the file its text: `{ type: bind, source: …, target: …, content: | … }`; for a folder add `is_directory: true`.',
  HOST_NAMESPACE: 'Leave it out: a container may not see the host or other containers.',
  HOST_NETWORK: 'Leave it out and list the ports under `ports` or `expose`; siblings reach each other by name.',
  IMAGE_INVALID: 'Name an image as in `postgres:15` or `ghcr.io/owner/name:tag`.',
  IMAGE_MISSING: 'Name an image with `image`.',
  INTERPOLATION_INVALID: 'Write `$$` for a dollar sign, and close every `${`.',
  ISOLATION_NOT_MET:
    'Give the service a numeric user that is not root (`user: "1000:1000"`), or ask for `isolation: baseline`.',
  KEY_NOT_SUPPORTED: 'Leave it out.',
  KEY_UNKNOWN: 'Correct the spelling, leave it out, or let it begin with `x-`.',
  MOUNT_DUPLICATE: 'Mount one thing at each path.',
  MOUNT_PATH_INVALID: 'Use an absolute path without a colon.',
  NETWORK_SHARED: 'Leave it out: siblings reach each other by name.',
  NO_SERVICES: 'Add at least one service under `services`.',
  NUMBER_INVALID: 'Use a number in the range that Compose allows here.',
  PORT_INVALID: 'Use numbers from 1 to 65535, at most 200 for each service.',
  PRIVILEGED: 'Leave it out, or choose an image that works without it.',
  SECURITY_UNCONFINED: 'Leave it out, or choose an image that works under the default profile.',
  SIZE_INVALID: 'Write it as in `512m` or `2gb`.',
  SYSCTL_NOT_ALLOWED: 'Leave it out: it would change the node.',
  TEMPLATE_TOO_LARGE: 'Split it into several services, or move large files into an image.',
  TYPE_INVALID: 'Write it as the Compose specification says.',
  USER_INVALID: 'Write it as numbers, `1000` or `1000:1000`.',
  VARIABLE_NOT_FIXED: 'Write the value out, or give the variable a default.',
  VOLUME_NOT_SUPPORTED: 'Use a plain named volume.',
  X_BERTH_INVALID: 'Correct it as the reference of `x-berth` says.',
  YAML_INVALID: 'Correct it; an editor with YAML support marks the place.',
} as const

/** Everything that is accepted and means something else than its author may think. */
export const warnings = {
  ALIAS_IGNORED: 'Refer to the service by its own name.',
  ANONYMOUS_VOLUME: 'Give the volume a name, so that it is the same one in later revisions.',
  ENTRYPOINT_NOT_CLEARED: "Name the program with `entrypoint`: an image's own cannot be taken away.",
  EXPOSE_PORT_GUESSED: 'Name the port: `SERVICE_URL_NAME_8080`, or `x-berth.expose`.',
  FOLDER_IS_VOLUME:
    'Nothing to do, if the folder starts out empty; otherwise put its files into the template or the image.',
  KEY_IGNORED: 'Nothing to do, if the service works without it.',
  NETWORKS_IGNORED: 'Nothing to do: the services of one subscription reach each other, and nobody else does.',
  PARAMETER_INFERRED: 'Declare it under `x-berth.parameters`, or write the value out.',
  SECRET_IN_HEALTHCHECK: "Write `$$NAME` and set NAME in the service's environment.",
  SERVICE_LEFT_OUT: 'Take `profiles` away for it to run.',
  SERVICE_RENAMED: 'Use lower-case letters, digits and `-`, beginning with a letter.',
  USER_BY_NAME: 'Write the user as a number, so that the service can run under the `restricted` profile.',
  VARIABLE_FIXED: 'Nothing to do, if the default is right.',
  YAML_WARNING: 'Write it without the tag or construct that YAML 1.2 does not know.',
} as const

export type RefusalCode = keyof typeof refusals
export type WarningCode = keyof typeof warnings
