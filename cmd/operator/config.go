package main

import (
	"fmt"

	"go.uber.org/zap/zapcore"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// restConfig reads the API server's address from a file, or from the pod's service account.
func restConfig(kubeconfig string) (*rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("read the address of the API server: %w", err)
	}
	// The API server's priority and fairness bounds clients; a limit here would only slow many Tenants down.
	config.QPS = -1
	return config, nil
}

func zapLevel(verbose bool) zapcore.Level {
	if verbose {
		return zapcore.DebugLevel
	}
	return zapcore.InfoLevel
}
