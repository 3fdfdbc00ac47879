package main

import (
	"fmt"

	"go.uber.org/zap/zapcore"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// restConfig reads the connection to the API server from a kubeconfig file, or from the pod's service account.
func restConfig(kubeconfig string) (*rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("read the kubeconfig: %w", err)
	}
	// The API server limits its clients by priority and fairness; a client-side limit would only delay many Tenants.
	config.QPS = -1
	// Lists of thousands of objects take more CPU time to compress than they save on a cluster's network.
	config.DisableCompression = true
	return config, nil
}

func zapLevel(verbose bool) zapcore.Level {
	if verbose {
		return zapcore.DebugLevel
	}
	return zapcore.InfoLevel
}
