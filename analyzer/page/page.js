console.log(UPLOT_LICENSE);
