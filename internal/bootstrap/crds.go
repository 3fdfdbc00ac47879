// Package bootstrap prepares a cluster and a database for an installation: the CRDs, the label of the namespace, the database
// roles, and the Secrets with their passwords. Everything may run repeatedly.
package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

// fieldOwner is the field manager of everything that this package applies.
const fieldOwner = client.FieldOwner("echoblogs-bootstrap")

// establishTimeout bounds the wait for the API server to serve a CRD.
const establishTimeout = time.Minute

// versionAnnotation is on the manifest of each CRD: the version of the chart that it is from.
const versionAnnotation = "tenancy.echoblogs.io/version"

// ApplyCRDs applies CRDs, and waits until the API server serves them. One of a newer version is left as it is: an installation
// of that version shares it, and the API server would refuse its objects, or drop fields of them.
func ApplyCRDs(ctx context.Context, c client.Client, log *slog.Logger, manifests [][]byte) error {
	for _, manifest := range manifests {
		var wanted apiextensionsv1.CustomResourceDefinition
		if err := yaml.UnmarshalStrict(manifest, &wanted); err != nil {
			return fmt.Errorf("read the manifest of a CRD: %w", err)
		}
		if err := applyCRD(ctx, c, log, &wanted, manifest); err != nil {
			return err
		}
	}
	return nil
}

func applyCRD(ctx context.Context, c client.Client, log *slog.Logger, wanted *apiextensionsv1.CustomResourceDefinition, manifest []byte) error {
	var existing apiextensionsv1.CustomResourceDefinition
	switch err := c.Get(ctx, client.ObjectKeyFromObject(wanted), &existing); {
	case apierrors.IsNotFound(err):
	case err != nil:
		return fmt.Errorf("read the CRD %s: %w", wanted.Name, err)
	default:
		newer, err := isNewer(&existing, wanted)
		if err != nil {
			return err
		}
		if newer {
			log.LogAttrs(ctx, slog.LevelWarn, "The CRD is of a newer version and was left as it is",
				slog.String("crd", wanted.Name), slog.String("version", existing.Annotations[versionAnnotation]))
			return nil
		}
	}
	var object unstructured.Unstructured
	if err := yaml.UnmarshalStrict(manifest, &object.Object); err != nil {
		return fmt.Errorf("read the manifest of the CRD %s: %w", wanted.Name, err)
	}
	if err := c.Apply(ctx, client.ApplyConfigurationFromUnstructured(&object), fieldOwner, client.ForceOwnership); err != nil {
		return fmt.Errorf("apply the CRD %s: %w", wanted.Name, err)
	}
	if err := awaitEstablished(ctx, c, wanted.Name); err != nil {
		return err
	}
	log.LogAttrs(ctx, slog.LevelInfo, "Applied the CRD", slog.String("crd", wanted.Name))
	return nil
}

func awaitEstablished(ctx context.Context, c client.Reader, name string) error {
	err := wait.PollUntilContextTimeout(ctx, 200*time.Millisecond, establishTimeout, true, func(ctx context.Context) (bool, error) {
		var crd apiextensionsv1.CustomResourceDefinition
		if err := c.Get(ctx, client.ObjectKey{Name: name}, &crd); err != nil {
			return false, err
		}
		return slices.ContainsFunc(crd.Status.Conditions, func(condition apiextensionsv1.CustomResourceDefinitionCondition) bool {
			return condition.Type == apiextensionsv1.Established && condition.Status == apiextensionsv1.ConditionTrue
		}), nil
	})
	if err != nil {
		return fmt.Errorf("wait until the API server serves the CRD %s: %w", name, err)
	}
	return nil
}

// isNewer reports whether an existing CRD is of a newer version than the wanted one. Builds of the same version are compared by
// their fields. An existing CRD without a version that has further fields is refused: whether it is newer is not known.
func isNewer(existing, wanted *apiextensionsv1.CustomResourceDefinition) (bool, error) {
	ours, err := version.ParseSemantic(wanted.Annotations[versionAnnotation])
	if err != nil {
		return false, fmt.Errorf("read the version of the manifest of the CRD %s: %w", wanted.Name, err)
	}
	extra := extraFields(existing, wanted)
	theirs, err := version.ParseSemantic(existing.Annotations[versionAnnotation])
	switch {
	case err == nil && !ours.EqualTo(theirs):
		return ours.LessThan(theirs), nil
	case err == nil || len(extra) == 0:
		return len(extra) > 0, nil
	}
	return false, fmt.Errorf("the CRD %s has fields that version %s does not have (%s), and its annotation %s does not say of which version it is. "+
		"If no newer installation in this cluster uses it, apply the CRDs of the chart with kubectl apply --server-side --force-conflicts, and try again",
		existing.Name, ours, strings.Join(extra, ", "), versionAnnotation)
}

// extraFields returns the paths of fields that existing has and wanted lacks.
func extraFields(existing, wanted *apiextensionsv1.CustomResourceDefinition) []string {
	known := fields(wanted)
	var extra []string
	for _, path := range slices.Sorted(maps.Keys(fields(existing))) {
		if !known[path] {
			extra = append(extra, path)
		}
	}
	return extra
}

// fields returns the paths of all fields of a CRD, each after its version.
func fields(crd *apiextensionsv1.CustomResourceDefinition) map[string]bool {
	paths := map[string]bool{}
	var add func(path []string, schema *apiextensionsv1.JSONSchemaProps)
	add = func(path []string, schema *apiextensionsv1.JSONSchemaProps) {
		if schema == nil {
			return
		}
		paths[strings.Join(path, ".")] = true
		for name, property := range schema.Properties {
			add(append(slices.Clone(path), name), &property)
		}
		if schema.Items != nil {
			add(append(slices.Clone(path), "[]"), schema.Items.Schema)
		}
		if schema.AdditionalProperties != nil {
			add(append(slices.Clone(path), "*"), schema.AdditionalProperties.Schema)
		}
	}
	for _, version := range crd.Spec.Versions {
		if version.Schema != nil {
			add([]string{version.Name}, version.Schema.OpenAPIV3Schema)
		}
	}
	return paths
}

// Scheme returns a scheme with the kinds that this package reads and writes.
func Scheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	if err := errors.Join(apiextensionsv1.AddToScheme(scheme), corev1.AddToScheme(scheme)); err != nil {
		return nil, fmt.Errorf("register the kinds: %w", err)
	}
	return scheme, nil
}
