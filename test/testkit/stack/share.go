package stack

import "context"

// folderVariable names the folder of an installation that the tests of several packages share.
const folderVariable = "ECHOBLOGS_TEST_STACK"

// Share starts an installation for other test programs. They use it, instead of starting one each, if the variable is in their
// environment. The kernel stops it when this process ends; end does so in order, and keeps the logs unless the tests have
// passed.
func Share(ctx context.Context) (variable string, end func(passed bool) error, err error) {
	i, err := start(ctx)
	if err != nil {
		return "", nil, err
	}
	return folderVariable + "=" + i.folder, i.end, nil
}
