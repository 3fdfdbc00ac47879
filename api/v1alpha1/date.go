package v1alpha1

import (
	"fmt"
	"time"
)

// Date is a calendar day in the format of RFC 3339 (full-date), such as 2027-01-31. The zero value is no date.
//
// +kubebuilder:validation:MinLength=10
// +kubebuilder:validation:MaxLength=10
// +kubebuilder:validation:XValidation:rule="!format.date().validate(self).hasValue()",message="must be a date such as 2027-01-31"
type Date string

// NewDate returns the day of t in UTC.
func NewDate(t time.Time) Date {
	return Date(t.UTC().Format(time.DateOnly))
}

// Start returns the start of the day in UTC, or an error if d is not a date.
func (d Date) Start() (time.Time, error) {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return time.Time{}, fmt.Errorf("read %q as a date: %w", string(d), err)
	}
	return t, nil
}
