// SPDX-License-Identifier: MIT
// A kernel module for User Mode Linux: a process is given at once all pages of a file that lie at hand around a page fault.
//
// When a process reads a page of a mapped file for the first time, Linux maps up to 16 pages around it that are in its cache
// (do_fault_around() in mm/memory.c). User Mode Linux then tells its host of the one page that was asked for alone
// (handle_page_fault() in arch/um/kernel/trap.c), so each of the others costs a fault of its own, some 50 us, and a program's
// start is hundreds of these. Here the host is told of all that were mapped. Measured in one guest, by turns, medians:
// zfs list 57 ms without this and 42 with it, ssh -V 61 and 38, cyber-zfs-backup --version 40 and 21, sh -c : 17 and 11.
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>

#include <asm/tlbflush.h>

static vm_fault_t map_pages(struct vm_fault *fault, pgoff_t first, pgoff_t last)
{
	struct vm_area_struct *area = fault->vma;
	vm_fault_t result = filemap_map_pages(fault, first, last);
	unsigned long begin = area->vm_start + ((first - area->vm_pgoff) << PAGE_SHIFT);

	flush_tlb_range(area, begin, begin + ((last - first + 1) << PAGE_SHIFT));
	return result;
}

// The operations of a mapped file are in a table that is not exported, so it is found by a mapping of a file: of init, in the
// initrd. This kind of kernel keeps its constants where they can be written.
static int __init fault_around_init(void)
{
	struct vm_area_struct area = {};
	struct file *file = filp_open("/init", O_RDONLY | O_NOATIME, 0);
	int error;

	if (IS_ERR(file))
		return PTR_ERR(file);
	error = generic_file_mmap(file, &area);
	filp_close(file, NULL);
	if (error)
		return error;
	if (area.vm_ops->map_pages != filemap_map_pages)
		return -EINVAL;
	((struct vm_operations_struct *)area.vm_ops)->map_pages = map_pages;
	return 0;
}

module_init(fault_around_init);
MODULE_DESCRIPTION("pages around a fault are given to the process at once");
MODULE_LICENSE("Dual MIT/GPL");
