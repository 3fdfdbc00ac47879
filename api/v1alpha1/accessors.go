package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// GetConditions returns the conditions of the Tenant's status.
func (t *Tenant) GetConditions() []metav1.Condition { return t.Status.Conditions }

// SetConditions replaces the conditions of the Tenant's status.
func (t *Tenant) SetConditions(conditions []metav1.Condition) { t.Status.Conditions = conditions }

// GetConditions returns the conditions of the Platform's status.
func (p *Platform) GetConditions() []metav1.Condition { return p.Status.Conditions }

// SetConditions replaces the conditions of the Platform's status.
func (p *Platform) SetConditions(conditions []metav1.Condition) { p.Status.Conditions = conditions }
