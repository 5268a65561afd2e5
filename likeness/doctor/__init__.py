"""What `likeness doctor` looks at: each look is a finding, with what to do. Nothing is changed."""
