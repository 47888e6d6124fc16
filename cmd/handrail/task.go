package main

// task is a goroutine that ends with an error or without. Err may be read once
// done is closed.
type task struct {
	done chan struct{}
	err  error
}

func startTask(fn func() error) *task {
	t := &task{done: make(chan struct{})}
	go func() {
		defer close(t.done)
		t.err = fn()
	}()
	return t
}
