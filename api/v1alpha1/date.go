package v1alpha1

import (
	"fmt"
	"time"
)

// Date is a calendar day as RFC 3339 writes it (full-date): 2027-01-31. The zero value is no date.
//
// +kubebuilder:validation:MinLength=10
// +kubebuilder:validation:MaxLength=10
// +kubebuilder:validation:XValidation:rule="!format.date().validate(self).hasValue()",message="must be a date such as 2027-01-31"
type Date string

// NewDate returns the day that t is in, in UTC.
func NewDate(t time.Time) Date {
	return Date(t.UTC().Format(time.DateOnly))
}

// Start returns the first moment of the day in UTC, or an error when d is no date.
func (d Date) Start() (time.Time, error) {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return time.Time{}, fmt.Errorf("read %q as a date: %w", string(d), err)
	}
	return t, nil
}
