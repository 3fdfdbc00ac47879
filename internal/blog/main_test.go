package blog_test

import (
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

func TestMain(m *testing.M) { blogtest.Main(m) }
