//go:build tools

// Names what tests/servers/install builds, so that go.mod and go.sum hold all it needs.
package tools

import _ "github.com/versity/versitygw/cmd/versitygw"
